// Constraints of parameters, slots and the ops that name them.
// RUN: resnet-opt %s -verify-diagnostics -split-input-file

// parameter_c1
// expected-error @+1 {{role must be one of conv_weight, bn_weight, bn_bias, bn_mean, bn_var, bn_count, linear_weight and linear_bias, got "weight"}}
resnet.parameter @p "weight" : tensor<3xf32>

// -----

// parameter_c2_shape
// expected-error @+1 {{type must have a static shape and float elements, got 'tensor<?xf32>'}}
resnet.parameter @p "bn_weight" : tensor<?xf32>

// -----

// parameter_c2_element
// expected-error @+1 {{type must have a static shape and float elements, got 'tensor<3xi64>'}}
resnet.parameter @p "bn_weight" : tensor<3xi64>

// -----

// parameter_c2_count
// expected-error @+1 {{type must be 'tensor<i64>', got 'tensor<1xi64>'}}
resnet.parameter @p "bn_count" : tensor<1xi64>

// -----

// parameter_c3_trained
// expected-error @+1 {{only weights and biases can be trained, got role "bn_mean"}}
resnet.parameter @p "bn_mean" {trained} : tensor<3xf32>

// -----

// parameter_c3_moves
// expected-error @+1 {{only running statistics can move, got role "bn_weight"}}
resnet.parameter @p "bn_weight" {moves} : tensor<3xf32>

// -----

// slot_c1
// expected-error @+1 {{must say "prepare" or "refresh", got "always"}}
resnet.slot @s "always" : tensor<3xf32>

// -----

// slot_c2
// expected-error @+1 {{type must have a static shape and elements of a float type or si8, got 'tensor<3xi8>'}}
resnet.slot @s "prepare" : tensor<3xi8>

// -----

// read_c1
func.func @f() {
  // expected-error @+1 {{@f must name a resnet.parameter or resnet.slot}}
  %0 = resnet.read @f : tensor<3xf32>
  return
}

// -----

// read_c1_missing
func.func @f() {
  // expected-error @+1 {{@nowhere must name a resnet.parameter or resnet.slot}}
  %0 = resnet.read @nowhere : tensor<3xf32>
  return
}

// -----

// read_c2_parameter
resnet.parameter @p "bn_weight" : tensor<3xf32>
func.func @f() {
  // expected-error @+1 {{value must be 'tensor<3xf32>', got 'tensor<4xf32>'}}
  %0 = resnet.read @p : tensor<4xf32>
  return
}

// -----

// read_c2_slot
resnet.slot @s "prepare" : tensor<3xf32>
func.func @f() {
  // expected-error @+1 {{value must be 'tensor<3xf32>', got 'tensor<3xf64>'}}
  %0 = resnet.read @s : tensor<3xf64>
  return
}

// -----

// write_c1
resnet.parameter @p "bn_weight" : tensor<3xf32>
func.func @f(%a: tensor<3xf32>) {
  // expected-error @+1 {{@p must name a resnet.slot}}
  resnet.write @p, %a : tensor<3xf32>
  return
}

// -----

// write_c2
resnet.slot @s "prepare" : tensor<3xf32>
func.func @f(%a: tensor<4xf32>) {
  // expected-error @+1 {{value must be 'tensor<3xf32>', got 'tensor<4xf32>'}}
  resnet.write @s, %a : tensor<4xf32>
  return
}

// -----

// accumulate_gradient_c1
resnet.slot @s "prepare" : tensor<3xf32>
func.func @f(%a: tensor<3xf32>) {
  // expected-error @+1 {{@s must name a resnet.parameter}}
  resnet.accumulate_gradient @s, %a : tensor<3xf32>
  return
}

// -----

// accumulate_gradient_c1_trained
resnet.parameter @p "bn_weight" : tensor<3xf32>
func.func @f(%a: tensor<3xf32>) {
  // expected-error @+1 {{@p must be trained}}
  resnet.accumulate_gradient @p, %a : tensor<3xf32>
  return
}

// -----

// accumulate_gradient_c2
resnet.parameter @p "bn_weight" {trained} : tensor<3xf32>
func.func @f(%a: tensor<4xf32>) {
  // expected-error @+1 {{gradient must be 'tensor<3xf32>', got 'tensor<4xf32>'}}
  resnet.accumulate_gradient @p, %a : tensor<4xf32>
  return
}
