# Compiles each header alone, so that none depends on what its includer included before.

function(mlaas_add_header_check)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/mlaas/*.h)
  # The files that wrap a heavy library are compiled as part of their own targets.
  list(FILTER headers EXCLUDE REGEX "^mlaas/(table/arrow|train/neural|infer/openvino|serve)/")
  set(sources)
  foreach(header ${headers})
    string(REPLACE "/" "_" name ${header})
    set(source ${PROJECT_BINARY_DIR}/header_check/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(mlaas_header_check OBJECT ${sources})
  target_link_libraries(mlaas_header_check PRIVATE mlaas_options nlohmann_json::nlohmann_json)
endfunction()
